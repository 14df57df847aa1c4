/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What doctor sees of module, device and group, and what it says of each state.
 * Looking and saying are apart, so that every state has its words tested without
 * a machine that is in it.
 */
#ifndef ZCCTL_DOCTOR_H
#define ZCCTL_DOCTOR_H

#include <stdbool.h>
#include <sys/types.h>

/* What is to be said of one check */
struct finding {
	bool	ok;
	bool	needed;		/* nothing works without it */
	char	text[800];
	char	hint[512];	/* what to do, "" if nothing is */
};

void finding_set(struct finding *f, bool ok, bool needed, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void finding_hint(struct finding *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Yes, no, or it cannot be told */
enum doctor_known { NO, YES, UNKNOWN };

/**
 * struct doctor_module - what was seen of the module and of what may refuse it
 * @release: of the kernel that runs
 * @machine: its architecture
 * @err: of asking by netlink: 0, or a negative errno; -ENOENT is "not there"
 * @in_sysfs: /sys knows a module zcopy
 * @file: the module of this kernel, "" if there is none
 * @indexed: modprobe finds it
 * @made_for: the release that the file was made for, "" if it does not tell
 * @others: other kernels that have one, "" if none has
 * @added: DKMS has the sources
 * @log: of DKMS's build for this kernel, which failed; or ""
 * @headers: those of this kernel are there
 * @modular: this kernel can load modules at all
 * @closed: and loads no more of them until it is started again
 * @only_signed: why it takes signed ones only, "" if it takes all
 * @secure_boot: the firmware has it switched on
 * @is_signed: the file has a signature
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
 * @root: put before every path, "" on a machine
 */
void doctor_look_module(struct doctor_module *m, const char *root);

void doctor_say_kernel(const struct doctor_module *m, struct finding *f);
void doctor_say_module(const struct doctor_module *m, struct finding *f);

/**
 * struct doctor_node - what was seen of the device and of the rights on it
 * @err: of opening it: 0 or a negative errno
 * @answers: of asking it, once it is open: 0 or a negative errno
 * @loaded: the module is
 * @exists: there is something of that name
 * @device: which is a character device
 * @mode: its bits
 * @owner: name of its owner
 * @group: name of its group
 * @ours: which is the group zcopy
 * @rule: the udev rule is installed
 * @has_group: there is a group zcopy
 * @root: this process is root
 * @listed: this user is in it, by the list
 * @member: so is this process
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
 * @root: put before every path, "" on a machine
 */
void doctor_look_node(struct doctor_node *n, const char *root);

void doctor_say_device(const struct doctor_node *n, struct finding *f);
/* Of use once the device can be opened, as by root; false: nothing is to say */
bool doctor_say_node(const struct doctor_node *n, struct finding *f);
void doctor_say_group(const struct doctor_node *n, struct finding *f);

#endif /* ZCCTL_DOCTOR_H */
