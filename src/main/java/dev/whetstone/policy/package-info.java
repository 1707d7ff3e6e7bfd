/**
 * Policy versions, their adapters and the aliases that name them. Begin with {@link PolicyStore}.
 * No class here has a thread; all may be called from any.
 *
 * <p>In PostgreSQL: {@code policies} (a row a version, its adapter under PEFT's names as
 * safetensors), {@code aliases} (a row a base: champion, candidate, previous, revision) and {@code
 * alias_history} (every state they were in). On disk, below {@code WHETSTONE_HOME/policies/BASE}: a
 * file {@code HASH.safetensors} an adapter, its rank and alpha in the header, and {@code
 * serving.json} with the version and hash that was served last.
 */
@NullMarked
package dev.whetstone.policy;

import org.jspecify.annotations.NullMarked;
