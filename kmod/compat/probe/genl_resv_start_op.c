// SPDX-License-Identifier: GPL-2.0
// A family names the first command that the core checks strictly: 6.1; in Debian's 6.1, 6.12, 7.2.
#include <net/genetlink.h>

const struct genl_family zc_probe = {
	.name = "probe",
	.resv_start_op = 1,
};
