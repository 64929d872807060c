// SPDX-License-Identifier: GPL-2.0
/* Insertion into a tree by a function that compares.
 * Upstream: "rbtree: Add generic add and find helpers".
 */
#include <linux/rbtree.h>

void probe(struct rb_node *node, struct rb_root *tree,
	   struct rb_root_cached *cached);

static bool less(struct rb_node *a, const struct rb_node *b)
{
	return a < b;
}

void probe(struct rb_node *node, struct rb_root *tree,
	   struct rb_root_cached *cached)
{
	rb_add(node, tree, less);
	rb_add_cached(node, cached, less);
}
