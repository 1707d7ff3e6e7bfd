/**
 * The seam between the scheduler and a model: batches in, logits out, and the cache of prompt
 * prefixes.
 */
@NullMarked
package dev.whetstone.engine.runner;

import org.jspecify.annotations.NullMarked;
