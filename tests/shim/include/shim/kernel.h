/* SPDX-License-Identifier: GPL-2.0 */
/* All of it: every header below linux/ leads here. */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <shim/base.h>
#include <shim/ctx.h>
#include <shim/atomic.h>
#include <shim/bug.h>
#include <shim/lock.h>
#include <shim/rcu.h>
#include <shim/mm.h>
#include <shim/list.h>
#include <shim/work.h>
#include <shim/module.h>

#endif
