// SPDX-License-Identifier: GPL-2.0
/* Callbacks that are not delayed for the sake of power.
 * Upstream: "rcu: Make call_rcu() lazy to save power".
 */
#include <linux/rcupdate.h>

void probe(struct rcu_head *head, rcu_callback_t func);
void probe(struct rcu_head *head, rcu_callback_t func)
{
	call_rcu_hurry(head, func);
}
