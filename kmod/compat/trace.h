/* SPDX-License-Identifier: GPL-2.0 */
/* Trace events. */
#ifndef ZC_COMPAT_TRACE_H
#define ZC_COMPAT_TRACE_H

/*
 * zc_assign_str(field, value), in TP_fast_assign: fills in a __string(field,
 * value) of the same value.
 *
 * COMPAT: probe trace_assign_str_1arg; goes when 6.1 does.
 */
#if ZC_HAVE_trace_assign_str_1arg
#define zc_assign_str(field, value)	__assign_str(field)
#else
#define zc_assign_str(field, value)	__assign_str(field, value)
#endif

#endif
