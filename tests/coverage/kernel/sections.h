/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sections of zcopy.ko that hold code.  first.c, the first object of the module,
 * has a function at the begin of each of them and last.c one at its end.  The number of
 * a call of the hook is its return address, counted from the begin of its section and
 * after the sections before it in this list; blocks.py counts in the same way.
 */
#ifndef ZC_COVERAGE_SECTIONS_H
#define ZC_COVERAGE_SECTIONS_H

#define ZC_SECTIONS(X)			\
	X(text, ".text")		\
	X(unlikely, ".text.unlikely")	\
	X(init, ".init.text")		\
	X(exit, ".exit.text")

#define ZC_DECLARE(name, where) \
	void zc_begin_##name(void); void zc_end_##name(void);
ZC_SECTIONS(ZC_DECLARE)

#endif
