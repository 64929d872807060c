// SPDX-License-Identifier: GPL-2.0
/* The allocator that counts and fails. */
#include <sys/mman.h>

#include "internal.h"

#define MAGIC	0x5ead5a1eu
#define DEAD	0xdeadf1eeu
#define HEAD	64		/* keeps the object aligned to a cache line */

struct object {
	struct object *next, *prev;
	size_t size;
	const void *cache;
	void *caller;
	unsigned int kind;
	unsigned int magic;
};

struct kmem_cache {
	const char *name;
	unsigned int size;
	long live;
};

static const char * const kind_name[] = {
	"kmalloc", "vmalloc", "kmem_cache", "percpu"
};

static struct object live = { .next = &live, .prev = &live };
static pthread_mutex_t live_lock = PTHREAD_MUTEX_INITIALIZER;
static long objects, bytes, calls, fail_at;
static bool fail_all, failed;

_Static_assert(sizeof(struct object) <= HEAD, "header");

long shim_live_objects(void)
{
	return __atomic_load_n(&objects, __ATOMIC_RELAXED);
}

long shim_live_bytes(void)
{
	return __atomic_load_n(&bytes, __ATOMIC_RELAXED);
}

void shim_fail_alloc(long n, bool all)
{
	calls = 0;
	fail_at = n;
	fail_all = all;
	failed = false;
}

long shim_alloc_calls(void)
{
	return __atomic_load_n(&calls, __ATOMIC_RELAXED);
}

bool shim_alloc_failed(void)
{
	return failed;
}

/* Count a call; true if it has to fail. */
static bool must_fail(gfp_t gfp, const char *what)
{
	long n = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);

	if (gfp & __GFP_DIRECT_RECLAIM)
		shim_might_sleep(what);
	if (fail_at && (n == fail_at || (fail_all && n > fail_at))) {
		failed = true;
		return true;
	}
	return false;
}

SHIM_NO_ASAN static void track(struct object *o)
{
	pthread_mutex_lock(&live_lock);
	o->next = &live;
	o->prev = live.prev;
	live.prev->next = o;
	live.prev = o;
	pthread_mutex_unlock(&live_lock);
	__atomic_add_fetch(&objects, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&bytes, o->size, __ATOMIC_RELAXED);
}

SHIM_NO_ASAN static void untrack(struct object *o)
{
	pthread_mutex_lock(&live_lock);
	o->next->prev = o->prev;
	o->prev->next = o->next;
	pthread_mutex_unlock(&live_lock);
	__atomic_sub_fetch(&objects, 1, __ATOMIC_RELAXED);
	__atomic_sub_fetch(&bytes, o->size, __ATOMIC_RELAXED);
}

SHIM_NO_ASAN static struct object *object_of(const void *p, const char *what)
{
	struct object *o = (struct object *)((char *)p - HEAD);

	if ((unsigned long)p % HEAD)
		shim_die("%s of %p, which is not the start of an object", what, p);
	if (o->magic == DEAD)
		shim_die("%s: double free", what);
	if (o->magic != MAGIC)
		shim_die("%s of something never allocated, or overwritten below",
			 what);
	return o;
}

noinline void *shim_alloc(enum shim_mem kind, size_t size, gfp_t gfp,
			  const void *cache)
{
	struct object *o;

	if (kind == SHIM_VMALLOC && !(gfp & __GFP_DIRECT_RECLAIM))
		shim_die("vmalloc needs GFP_KERNEL");
	if (must_fail(gfp, kind_name[kind]))
		return NULL;
	if (!size)
		return ZERO_SIZE_PTR;
	if (kind == SHIM_KMALLOC && size > KMALLOC_MAX_SIZE) {
		if (!(gfp & __GFP_NOWARN))
			shim_warn(__FILE__, __LINE__, "kmalloc too large");
		return NULL;
	}
	if (size > 1UL << 40)
		return NULL;
	if (posix_memalign((void **)&o, HEAD, HEAD + size))
		return NULL;
	o->size = size;
	o->cache = cache;
	o->caller = __builtin_return_address(0);
	o->kind = kind;
	o->magic = MAGIC;
	memset((char *)o + HEAD, gfp & __GFP_ZERO ? 0 : 0xa5, size);
	track(o);
	ASAN_POISON_MEMORY_REGION(o, HEAD);
	return (char *)o + HEAD;
}

SHIM_NO_ASAN static void shim_free_object(struct object *o, const void *p)
{
	const struct shim_ctx *c = shim_self;
	size_t size = o->size;
	int i;

	for (i = 0; i < c->held; i++)
		if (shim_in_range(c->locks[i].lock, p, size))
			shim_die("freeing a lock that is held, taken at %s",
				 c->locks[i].where);
	shim_rcu_check_free(p, size);
	shim_work_check_free(p, size);
	untrack(o);
	o->magic = DEAD;
	ASAN_UNPOISON_MEMORY_REGION(o, HEAD);
	memset((char *)o + HEAD, 0x6b, size);
	free(o);
}

SHIM_NO_ASAN void shim_free(enum shim_mem kind, const void *p, const void *cache)
{
	struct object *o;

	if (!p || p == ZERO_SIZE_PTR)
		return;
	o = object_of(p, "free");
	if (o->kind != kind)
		shim_die("%s memory freed as %s", kind_name[o->kind],
			 kind_name[kind]);
	if (o->cache != cache)
		shim_die("object freed to the wrong kmem_cache");
	if (kind == SHIM_CACHE)
		__atomic_sub_fetch(&((struct kmem_cache *)cache)->live, 1,
				   __ATOMIC_RELAXED);
	shim_free_object(o, p);
}

/* What kvfree() and kfree_rcu() may be given. */
SHIM_NO_ASAN void shim_kvfree(const void *p)
{
	struct object *o;

	if (!p || p == ZERO_SIZE_PTR)
		return;
	o = object_of(p, "kvfree");
	if (o->kind == SHIM_CACHE)
		__atomic_sub_fetch(&((struct kmem_cache *)o->cache)->live, 1,
				   __ATOMIC_RELAXED);
	shim_free_object(o, p);
}

SHIM_NO_ASAN size_t ksize(const void *p)
{
	return p && p != ZERO_SIZE_PTR ? object_of(p, "ksize")->size : 0;
}

void *kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *p = kmalloc(len, gfp);

	return p ? memcpy(p, src, len) : NULL;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? kmemdup(s, strlen(s) + 1, gfp) : NULL;
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, unsigned int flags,
				     void (*ctor)(void *obj))
{
	struct kmem_cache *c;

	if (align > HEAD)
		shim_die("kmem_cache %s: alignment %u", name, align);
	if (ctor || flags & SLAB_TYPESAFE_BY_RCU)
		shim_die("kmem_cache %s: not modelled", name);
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (c) {
		c->name = name;
		c->size = size;
	}
	return c;
}

void kmem_cache_destroy(struct kmem_cache *c)
{
	if (!c)
		return;
	if (c->live)
		shim_die("kmem_cache_destroy(%s) with %ld objects", c->name,
			 c->live);
	kfree(c);
}

void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	void *p = shim_alloc(SHIM_CACHE, c->size, gfp, c);

	if (p)
		__atomic_add_fetch(&c->live, 1, __ATOMIC_RELAXED);
	return p;
}

/*
 * Per-CPU memory: one unit of address space that cannot be touched, and one
 * for each CPU at a fixed distance from it. Chunks are multiples of 64 bytes.
 */
#define CHUNKS	(SHIM_PCPU_UNIT / 64)

static char *pcpu_base;
static u32 pcpu_len[CHUNKS];		/* in chunks; 0 = not the start of one */
static u32 pcpu_free[CHUNKS];		/* next free one of the same length + 1 */
static u32 pcpu_heads[1025];
static u32 pcpu_top;
static pthread_mutex_t pcpu_lock = PTHREAD_MUTEX_INITIALIZER;

void *shim_percpu_raw(size_t size, bool counted)
{
	u32 n = DIV_ROUND_UP(size, 64), at;
	int cpu;
	char *p;

	if (!n || n > 1024)
		shim_die("alloc_percpu(%zu)", size);
	pthread_mutex_lock(&pcpu_lock);
	if (!pcpu_base) {
		size_t all = SHIM_PCPU_UNIT * (SHIM_MAX_CPUS + 1);

		pcpu_base = mmap(NULL, all, PROT_NONE, MAP_PRIVATE |
				 MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (pcpu_base == MAP_FAILED ||
		    mprotect(pcpu_base + SHIM_PCPU_UNIT, all - SHIM_PCPU_UNIT,
			     PROT_READ | PROT_WRITE))
			shim_die("no address space for per-CPU memory");
	}
	if (pcpu_heads[n]) {
		at = pcpu_heads[n] - 1;
		pcpu_heads[n] = pcpu_free[at];
	} else {
		at = pcpu_top;
		if (at + n > CHUNKS) {
			pthread_mutex_unlock(&pcpu_lock);
			return NULL;
		}
		pcpu_top += n;
	}
	pcpu_len[at] = n;
	pthread_mutex_unlock(&pcpu_lock);
	p = pcpu_base + 64UL * at;
	for (cpu = 0; cpu < SHIM_MAX_CPUS; cpu++) {
		ASAN_UNPOISON_MEMORY_REGION(per_cpu_ptr(p, cpu), 64UL * n);
		memset(per_cpu_ptr(p, cpu), 0, 64UL * n);
		if (size % 64)
			ASAN_POISON_MEMORY_REGION(per_cpu_ptr(p, cpu) + size,
						  64UL * n - size);
	}
	if (counted)
		__atomic_add_fetch(&objects, 1, __ATOMIC_RELAXED);
	return p;
}

void shim_percpu_free_raw(void *p, bool counted)
{
	unsigned long off = (char *)p - pcpu_base;
	u32 at = off / 64, n;
	int cpu;

	if (!p)
		return;
	if (off >= SHIM_PCPU_UNIT || off % 64 || !pcpu_len[at])
		shim_die("free_percpu() of something else, or twice");
	n = pcpu_len[at];
	for (cpu = 0; cpu < SHIM_MAX_CPUS; cpu++) {
		ASAN_UNPOISON_MEMORY_REGION(per_cpu_ptr((char *)p, cpu), 64UL * n);
		memset(per_cpu_ptr((char *)p, cpu), 0x6b, 64UL * n);
		ASAN_POISON_MEMORY_REGION(per_cpu_ptr((char *)p, cpu), 64UL * n);
	}
	pthread_mutex_lock(&pcpu_lock);
	pcpu_len[at] = 0;
	pcpu_free[at] = pcpu_heads[n];
	pcpu_heads[n] = at + 1;
	pthread_mutex_unlock(&pcpu_lock);
	if (counted)
		__atomic_sub_fetch(&objects, 1, __ATOMIC_RELAXED);
}

void *shim_alloc_percpu(size_t size, size_t align, gfp_t gfp)
{
	if (align > 64)
		shim_die("alloc_percpu(): alignment %zu", align);
	if (must_fail(gfp, "alloc_percpu()"))
		return NULL;
	return shim_percpu_raw(size, true);
}

void free_percpu(void *p)
{
	shim_percpu_free_raw(p, true);
}

SHIM_NO_ASAN void shim_dump_live(void)
{
	struct object *o;
	int n = 0;

	for (o = live.next; o != &live && n < 20; o = o->next, n++)
		fprintf(stderr, "shim: alive: %s of %zu bytes from %p\n",
			kind_name[o->kind], o->size, o->caller);
}

void shim_mem_begin(void)
{
	shim_fail_alloc(0, false);
}
