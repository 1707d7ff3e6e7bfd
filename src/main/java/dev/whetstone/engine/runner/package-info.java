/**
 * The seam between the scheduler and a model: batches in, logits out. Begin with {@link
 * ModelRunner}; {@code engine.ort} implements it. {@link PrefixCache} keeps KV blocks of earlier
 * prompts for any runner. All calls come from the engine thread, except {@link
 * ModelRunner#prepare}.
 */
@NullMarked
package dev.whetstone.engine.runner;

import org.jspecify.annotations.NullMarked;
