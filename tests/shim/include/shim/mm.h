/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The allocator: counts what is alive, fails when told to, refuses a sleeping
 * allocation in atomic context, the wrong kind of free, and freeing memory
 * that still holds a locked lock, a pending work or a queued RCU callback.
 */
#ifndef SHIM_MM_H
#define SHIM_MM_H

#include <shim/rcu.h>

#define __GFP_HIGH		0x01u
#define __GFP_DIRECT_RECLAIM	0x02u
#define __GFP_KSWAPD_RECLAIM	0x04u
#define __GFP_ZERO		0x08u
#define __GFP_NOWARN		0x10u
#define __GFP_NORETRY		0x20u
#define __GFP_ACCOUNT		0x40u
#define __GFP_NOFAIL		0x80u
#define __GFP_RETRY_MAYFAIL	0x100u
#define GFP_KERNEL		(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL_ACCOUNT	(GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_ATOMIC		(__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_NOWAIT		(__GFP_KSWAPD_RECLAIM)

#define SLAB_HWCACHE_ALIGN	0x1
#define SLAB_ACCOUNT		0x2
#define SLAB_PANIC		0x4
#define SLAB_TYPESAFE_BY_RCU	0x8
#define ZERO_SIZE_PTR		((void *)16)
#define KMALLOC_MAX_SIZE	(4UL << 20)

enum shim_mem { SHIM_KMALLOC, SHIM_VMALLOC, SHIM_CACHE, SHIM_PERCPU };

struct kmem_cache;

void *shim_alloc(enum shim_mem kind, size_t size, gfp_t gfp, const void *cache);
void shim_free(enum shim_mem kind, const void *p, const void *cache);
void shim_kvfree(const void *p);

static inline void *kmalloc(size_t size, gfp_t gfp)
{
	return shim_alloc(SHIM_KMALLOC, size, gfp, NULL);
}
#define kzalloc(size, gfp)	kmalloc(size, (gfp) | __GFP_ZERO)
#define kmalloc_array(n, size, gfp)	kmalloc(size_mul(n, size), gfp)
#define kcalloc(n, size, gfp)	kzalloc(size_mul(n, size), gfp)
#define kmalloc_node(size, gfp, node)	kmalloc(size, gfp)
#define kzalloc_node(size, gfp, node)	kzalloc(size, gfp)
static inline void kfree(const void *p) { shim_free(SHIM_KMALLOC, p, NULL); }
#define kfree_sensitive(p)	kfree(p)
size_t ksize(const void *p);

/* Above one page pretend that only vmalloc had room: the harder case. */
static inline void *kvmalloc(size_t size, gfp_t gfp)
{
	return shim_alloc(size > PAGE_SIZE ? SHIM_VMALLOC : SHIM_KMALLOC,
			  size, gfp, NULL);
}
#define kvzalloc(size, gfp)	kvmalloc(size, (gfp) | __GFP_ZERO)
#define kvmalloc_array(n, size, gfp)	kvmalloc(size_mul(n, size), gfp)
#define kvcalloc(n, size, gfp)	kvzalloc(size_mul(n, size), gfp)
#define kvmalloc_node(size, gfp, node)	kvmalloc(size, gfp)
#define kvzalloc_node(size, gfp, node)	kvzalloc(size, gfp)
#define kvfree(p)		shim_kvfree(p)
#define vmalloc(size)		shim_alloc(SHIM_VMALLOC, size, GFP_KERNEL, NULL)
#define vzalloc(size) \
	shim_alloc(SHIM_VMALLOC, size, GFP_KERNEL | __GFP_ZERO, NULL)
#define vfree(p)		shim_free(SHIM_VMALLOC, p, NULL)
void *kmemdup(const void *src, size_t len, gfp_t gfp);
char *kstrdup(const char *s, gfp_t gfp);

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, unsigned int flags,
				     void (*ctor)(void *obj));
void kmem_cache_destroy(struct kmem_cache *c);
void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp);
#define kmem_cache_zalloc(c, gfp)	kmem_cache_alloc(c, (gfp) | __GFP_ZERO)
#define kmem_cache_free(c, p)	shim_free(SHIM_CACHE, p, c)
#define KMEM_CACHE(s, flags) \
	kmem_cache_create(#s, sizeof(struct s), __alignof__(struct s), flags, NULL)

/*
 * Per-CPU memory. The pointer handed out lies in a page that cannot be
 * touched: only per_cpu_ptr() and friends turn it into a usable one. Address space
 * for a million servers, of all the services that a benchmark has at once.
 */
#define SHIM_PCPU_UNIT		(64UL << 20)

void *shim_alloc_percpu(size_t size, size_t align, gfp_t gfp);
void free_percpu(void *p);
#define alloc_percpu_gfp(type, gfp) \
	((type *)shim_alloc_percpu(sizeof(type), __alignof__(type), gfp))
#define alloc_percpu(type)	alloc_percpu_gfp(type, GFP_KERNEL)
#define __alloc_percpu(size, align)	shim_alloc_percpu(size, align, GFP_KERNEL)
#define __alloc_percpu_gfp(size, align, gfp)	shim_alloc_percpu(size, align, gfp)

#define per_cpu_ptr(p, cpu) \
	((typeof(p))((unsigned long)(p) + SHIM_PCPU_UNIT * ((cpu) + 1UL)))
#define raw_cpu_ptr(p)		per_cpu_ptr(p, shim_self->cpu)
#define this_cpu_ptr(p)		per_cpu_ptr(p, shim_smp_processor_id("this_cpu_ptr()"))
#define get_cpu_ptr(p)		({ preempt_disable(); raw_cpu_ptr(p); })
#define put_cpu_ptr(p)		do { (void)(p); preempt_enable(); } while (0)

#define SHIM_PCP_RMW(pcp, expr) do {					\
	typeof(&(pcp)) pcp_ = raw_cpu_ptr(&(pcp));			\
	__atomic_store_n(pcp_, __atomic_load_n(pcp_, __ATOMIC_RELAXED) expr, \
			 __ATOMIC_RELAXED);				\
} while (0)
#define this_cpu_read(pcp)	__atomic_load_n(raw_cpu_ptr(&(pcp)), __ATOMIC_RELAXED)
#define this_cpu_write(pcp, v)	__atomic_store_n(raw_cpu_ptr(&(pcp)), v, __ATOMIC_RELAXED)
#define this_cpu_add(pcp, v)	SHIM_PCP_RMW(pcp, + (v))
#define this_cpu_sub(pcp, v)	SHIM_PCP_RMW(pcp, - (v))
#define this_cpu_inc(pcp)	SHIM_PCP_RMW(pcp, + 1)
#define this_cpu_dec(pcp)	SHIM_PCP_RMW(pcp, - 1)
#define this_cpu_inc_return(pcp) ({ this_cpu_inc(pcp); this_cpu_read(pcp); })
#define this_cpu_add_return(pcp, v) ({ this_cpu_add(pcp, v); this_cpu_read(pcp); })
#define __this_cpu_read(pcp)	this_cpu_read(pcp)
#define __this_cpu_write(pcp, v) this_cpu_write(pcp, v)
#define __this_cpu_add(pcp, v)	this_cpu_add(pcp, v)
#define __this_cpu_inc(pcp)	this_cpu_inc(pcp)
#define __this_cpu_dec(pcp)	this_cpu_dec(pcp)
#define raw_cpu_read(pcp)	this_cpu_read(pcp)
#define raw_cpu_write(pcp, v)	this_cpu_write(pcp, v)
#define raw_cpu_add(pcp, v)	this_cpu_add(pcp, v)
#define raw_cpu_inc(pcp)	this_cpu_inc(pcp)

typedef struct { u64 v; } u64_stats_t;
struct u64_stats_sync { };

static inline u64 u64_stats_read(const u64_stats_t *p)
{
	return __atomic_load_n(&p->v, __ATOMIC_RELAXED);
}
static inline void u64_stats_set(u64_stats_t *p, u64 v)
{
	__atomic_store_n(&p->v, v, __ATOMIC_RELAXED);
}
static inline void u64_stats_add(u64_stats_t *p, unsigned long v)
{
	u64_stats_set(p, u64_stats_read(p) + v);
}
static inline void u64_stats_inc(u64_stats_t *p) { u64_stats_add(p, 1); }
#define u64_stats_init(s)		((void)(s))
#define u64_stats_update_begin(s)	((void)(s))
#define u64_stats_update_end(s)		((void)(s))
#define u64_stats_fetch_begin(s)	((void)(s), 0u)
#define u64_stats_fetch_retry(s, start)	((void)(s), (void)(start), false)

#endif
