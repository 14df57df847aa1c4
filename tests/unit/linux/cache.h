/* SPDX-License-Identifier: GPL-2.0 */
/* Nothing of this header of the kernel is needed here. */
