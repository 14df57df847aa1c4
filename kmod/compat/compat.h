/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hides the differences between kernels behind functions shaped as in the newest one.
 * Only compat/ uses the answers of the probes (ZC_HAVE_*, ZC_EXPORTS_*); the rest of
 * the module uses the zc_ functions and ZC_ macros of the headers below.  uring.h is
 * included only by the files that need it.
 */
#ifndef ZC_COMPAT_H
#define ZC_COMPAT_H

#include "compat/answers.h"

#if !ZC_HAVE_canary_compiles
#error "zcopy: a probe that compiles on every kernel did not. The compiler is not the one this kernel was built with, or its headers are incomplete; compat/probe/canary_compiles.log says which."
#elif ZC_HAVE_canary_fails
#error "zcopy: a probe that can never compile did. The compiler, or CC or KCFLAGS on the command line, lets undeclared functions pass, so that no answer can be believed."
#elif !ZC_EXPORTS_kfree
#error "zcopy: this kernel seems to export nothing. Module.symvers is missing or empty in its build tree; install the whole headers package, or build the kernel's modules."
#elif !ZC_HAVE_filemap_get_folios_contig || !ZC_HAVE_genl_resv_start_op
#error "zcopy: this kernel is too old. Linux 6.1 or newer is needed; the logs in compat/probe/ say what it lacks."
#elif !ZC_HAVE_genl_mcast_cap
#error "zcopy: this kernel cannot restrict who listens to netlink events. Take a newer release of the same series."
#endif

#include "blkcg.h"
#include "cache.h"
#include "cpucg.h"
#include "eventfd.h"
#include "file.h"
#include "iter.h"
#include "memcg.h"
#include "mems.h"
#include "send.h"
#include "trace.h"

#endif
