// SPDX-License-Identifier: GPL-2.0
/*
 * What the administrator may set, for the whole machine, and is no limit: one table of
 * names.  Takes no lock: each setting is one number, and readers take what it is then.
 * Where the numbers have names, people read and write these.
 */
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "settings.h"

static const struct {
	const char *name;
	const char *help;
	unsigned int most;
} zc_settings_table[ZC_SETTING_NR] = {
#define X(name, first, most, help) [ZC_SETTING_##name] = { #name, help, most },
	ZC_SETTINGS(X)
#undef X
};

unsigned int zc_settings[ZC_SETTING_NR] = {
#define X(name, first, most, help) [ZC_SETTING_##name] = first,
	ZC_SETTINGS(X)
#undef X
};

static const char *const zc_settings_references[] = {
	[ZCOPY_REFERENCES_ALL]		= "all",
	[ZCOPY_REFERENCES_OWN]		= "own",
	[ZCOPY_REFERENCES_NEVER]	= "never",
};

/* Each parameter is a setting, by its address. */
static int zc_settings_param_set(const char *val, const struct kernel_param *kp)
{
	unsigned int *at = kp->arg;

	return param_set_uint_minmax(val, kp, 0, zc_settings_table[at - zc_settings].most);
}

static const struct kernel_param_ops zc_settings_param_ops = {
	.set	= zc_settings_param_set,
	.get	= param_get_uint,
};

static int zc_settings_word_set(const char *val, const struct kernel_param *kp)
{
	int value = sysfs_match_string(zc_settings_references, val);

	if (value < 0)
		return value;
	WRITE_ONCE(*(unsigned int *)kp->arg, value);
	return 0;
}

static int zc_settings_word_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n",
			  zc_settings_references[READ_ONCE(*(unsigned int *)kp->arg)]);
}

static const struct kernel_param_ops zc_settings_word_ops = {
	.set	= zc_settings_word_set,
	.get	= zc_settings_word_get,
};

module_param_cb(copy_small_bytes, &zc_settings_param_ops,
		&zc_settings[ZC_SETTING_copy_small_bytes], 0444);
__MODULE_PARM_TYPE(copy_small_bytes, "uint");
MODULE_PARM_DESC(copy_small_bytes, ZC_COPY_SMALL_HELP);
module_param_cb(references, &zc_settings_word_ops,
		&zc_settings[ZC_SETTING_references], 0444);
__MODULE_PARM_TYPE(references, "charp");
MODULE_PARM_DESC(references, ZC_REFERENCES_HELP);
module_param_cb(references_userns, &zc_settings_word_ops,
		&zc_settings[ZC_SETTING_references_userns], 0444);
__MODULE_PARM_TYPE(references_userns, "charp");
MODULE_PARM_DESC(references_userns, ZC_REFERENCES_USERNS_HELP);

/**
 * zc_settings_find - which setting has this name?
 * @name: any string
 *
 * Context: Any.
 * Return: enum zc_setting, or -1 if there is none.
 */
int zc_settings_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ZC_SETTING_NR; i++) {
		if (!strcmp(zc_settings_table[i].name, name))
			return i;
	}
	return -1;
}

/**
 * zc_settings_name - name of a setting
 * @which: the setting
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *zc_settings_name(enum zc_setting which)
{
	return zc_settings_table[which].name;
}

/**
 * zc_settings_help - a description of a setting, in one line
 * @which: the setting
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *zc_settings_help(enum zc_setting which)
{
	return zc_settings_table[which].help;
}

/**
 * zc_settings_most - highest value of a setting; the lowest is 0
 * @which: the setting
 *
 * Context: Any.
 * Return: the value.
 */
unsigned int zc_settings_most(enum zc_setting which)
{
	return zc_settings_table[which].most;
}

/**
 * zc_settings_print - the value of a setting, as people write it
 * @which: the setting
 * @buf: filled in, terminated
 * @room: bytes of @buf
 *
 * Context: Any.
 * Return: length of the text.
 */
int zc_settings_print(enum zc_setting which, char *buf, size_t room)
{
	unsigned int value = zc_setting(which);

	if (which == ZC_SETTING_references || which == ZC_SETTING_references_userns)
		return scnprintf(buf, room, "%s", zc_settings_references[value]);
	return scnprintf(buf, room, "%u", value);
}
