/* SPDX-License-Identifier: GPL-2.0 */
/*
 * qemu-plugin.h includes GLib's header, only for the types of calls that this plugin
 * does not make.  This file stands in for that header.
 */
typedef struct GArray GArray;
typedef struct GByteArray GByteArray;
