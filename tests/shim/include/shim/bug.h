/* SPDX-License-Identifier: GPL-2.0 */
/* Messages and assertions. What is printed is kept, counted and searchable. */
#ifndef SHIM_BUG_H
#define SHIM_BUG_H

#include <shim/atomic.h>

#ifndef pr_fmt
#define pr_fmt(fmt)	fmt
#endif

int shim_printk(const char *fmt, ...) __printf(1, 2);
int shim_net_ratelimit(void);
bool shim_warn(const char *file, int line, const char *what);

#define printk(fmt, ...)	shim_printk(fmt, ##__VA_ARGS__)
#define printk_ratelimited(fmt, ...)	shim_printk(fmt, ##__VA_ARGS__)
#define pr_emerg(fmt, ...)	shim_printk(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert(fmt, ...)	shim_printk(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit(fmt, ...)	shim_printk(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...)	shim_printk(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...)	shim_printk(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...)	shim_printk(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...)	shim_printk(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_cont(fmt, ...)	shim_printk(fmt, ##__VA_ARGS__)
#define pr_debug(fmt, ...) do {						\
	if (0)								\
		shim_printk(pr_fmt(fmt), ##__VA_ARGS__);		\
} while (0)
#define pr_err_ratelimited(fmt, ...)	pr_err(fmt, ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...)	pr_warn(fmt, ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...)	pr_info(fmt, ##__VA_ARGS__)
#define pr_err_once(fmt, ...)	pr_err(fmt, ##__VA_ARGS__)
#define pr_warn_once(fmt, ...)	pr_warn(fmt, ##__VA_ARGS__)
#define pr_info_once(fmt, ...)	pr_info(fmt, ##__VA_ARGS__)
#define net_ratelimit()		shim_net_ratelimit()

#define WARN_ON(c) ({							\
	bool warn_ = !!(c);						\
	if (unlikely(warn_))						\
		shim_warn(__FILE__, __LINE__, #c);			\
	warn_; })
#define WARN_ON_ONCE(c)		WARN_ON(c)
#define WARN(c, ...)		WARN_ON(c)
#define WARN_ONCE(c, ...)	WARN_ON(c)
#define VM_WARN_ON_ONCE(c)	WARN_ON(c)
#define BUG()			shim_die("BUG at %s:%d", __FILE__, __LINE__)
#define BUG_ON(c) do {							\
	if (unlikely(c))						\
		shim_die("BUG_ON(%s) at %s:%d", #c, __FILE__, __LINE__); \
} while (0)
#define dump_stack()		do { } while (0)

#endif
