/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of the shim. */
#ifndef SHIM_INTERNAL_H
#define SHIM_INTERNAL_H

#include <shim.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define SHIM_NO_ASAN	__attribute__((__no_sanitize_address__))
#else
#define SHIM_NO_ASAN
#define ASAN_POISON_MEMORY_REGION(p, n)		((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n)	((void)(p), (void)(n))
#endif

extern bool shim_threaded;

void shim_sys_begin(void);
void shim_mem_begin(void);
void shim_rcu_begin(void);
void shim_work_begin(void);
void shim_module_begin(void);
void shim_core_begin(void);
void shim_core_end(void);
void shim_module_end(void);

/* Dies if a queued callback or work lives in [p, p + size). */
void shim_rcu_check_free(const void *p, size_t size);
void shim_work_check_free(const void *p, size_t size);

void *shim_percpu_raw(size_t size, bool counted);
void shim_percpu_free_raw(void *p, bool counted);

void shim_rcu_helper_start(int cpu);
void shim_rcu_helper_stop(void);
void shim_work_helper_start(int cpu);
void shim_work_helper_stop(void);
void shim_ctx_claim(int cpu);
void shim_ctx_release(int cpu);

static inline bool shim_in_range(const void *a, const void *p, size_t size)
{
	return (unsigned long)a - (unsigned long)p < size;
}

#endif
