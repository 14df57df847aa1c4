/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What doctor finds out about kernel, module, device and group, and what it says about it.
 * The two are separate, so that the text for every state can be tested without a
 * machine in that state.
 */
#ifndef ZCCTL_DOCTOR_H
#define ZCCTL_DOCTOR_H

#include <stdbool.h>
#include <sys/types.h>

#define FINDING_ROOM	800

/* Result of one check, as doctor prints it */
struct finding {
	bool	ok;
	bool	needed;		/* if not ok, zcopy cannot be used */
	char	text[FINDING_ROOM];
	char	hint[512];	/* what to do, "" for nothing */
};

void finding_set(struct finding *f, bool ok, bool needed, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void finding_hint(struct finding *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Answer to a question about this machine */
enum doctor_known { NO, YES, UNKNOWN };

/**
 * struct doctor_module - state of the module, and of what may keep it from loading
 * @release: release of the running kernel
 * @machine: architecture of the running kernel
 * @err: result of opening netlink: 0 or a negative errno; -ENOENT: not loaded
 * @in_sysfs: /sys/module/zcopy exists
 * @file: path of the module for this kernel, "" if there is none
 * @indexed: modprobe finds @file
 * @made_for: the release that @file was built for, "" if not known
 * @others: other installed kernels that have the module, "" if none has
 * @added: DKMS has the sources
 * @log: log of DKMS's failed build for this kernel, "" if there is none
 * @headers: the headers of this kernel are installed
 * @modular: this kernel can load modules at all
 * @closed: this kernel loads no more modules until the machine is started again
 * @only_signed: why this kernel takes only signed modules, "" if it takes all
 * @secure_boot: Secure Boot is on
 * @is_signed: @file has a signature
 * @enrolled: the firmware knows DKMS's key
 */
struct doctor_module {
	char			release[65];
	char			machine[65];
	int			err;
	bool			in_sysfs;
	char			file[256];
	bool			indexed;
	char			made_for[65];
	char			others[200];
	bool			added;
	char			log[256];
	bool			headers;
	bool			modular;
	bool			closed;
	char			only_signed[64];
	bool			secure_boot;
	enum doctor_known	is_signed;
	enum doctor_known	enrolled;
};

/**
 * doctor_look_module() - fill in all but @release, @machine, @err
 * @m: with @release set
 * @root: prefix of every path, "" outside of tests
 */
void doctor_look_module(struct doctor_module *m, const char *root);

void doctor_say_kernel(const struct doctor_module *m, struct finding *f);
void doctor_say_module(const struct doctor_module *m, struct finding *f);

/**
 * struct doctor_faults - what tells whether the kernel has known faults, and what is set
 * @release: release of the running kernel
 * @version: its version, as uname -v prints it
 * @references: word of the policy for references, NULL if it is not known
 */
struct doctor_faults {
	char		release[65];
	char		version[65];
	const char	*references;
};

void doctor_say_faults(const struct doctor_faults *d, struct finding *f);

/**
 * struct doctor_node - state of /dev/zcopy and of the rights on it
 * @err: result of opening it: 0 or a negative errno
 * @answers: result of querying it, once it is open: 0 or a negative errno
 * @loaded: the module is loaded
 * @exists: there is a file of that name
 * @device: that file is a character device
 * @mode: its permission bits
 * @owner: name of its owner
 * @group: name of its group
 * @ours: its group is zcopy
 * @rule: the udev rule is installed
 * @has_group: the group zcopy exists
 * @root: this process is root
 * @listed: the group database lists this user in the group zcopy
 * @member: this process has the group zcopy
 * @user: name of this user
 */
struct doctor_node {
	int	err;
	int	answers;
	bool	loaded;
	bool	exists;
	bool	device;
	mode_t	mode;
	char	owner[40];
	char	group[40];
	bool	ours;
	bool	rule;
	bool	has_group;
	bool	root;
	bool	listed;
	bool	member;
	char	user[40];
};

/**
 * doctor_look_node() - fill in all but @err, @answers, @loaded
 * @n: filled in
 * @root: prefix of every path, "" outside of tests
 */
void doctor_look_node(struct doctor_node *n, const char *root);

void doctor_say_device(const struct doctor_node *n, struct finding *f);
/* For a device that can be opened, as by root; false: there is nothing to say */
bool doctor_say_node(const struct doctor_node *n, struct finding *f);
void doctor_say_group(const struct doctor_node *n, struct finding *f);

#endif /* ZCCTL_DOCTOR_H */
