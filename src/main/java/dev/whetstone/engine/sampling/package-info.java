/**
 * From a row of logits to a token: bias, penalties, temperature, top-k, top-p, min-p and a seeded
 * random choice. Begin with {@link Sampler}; {@code SamplerOracle} in the tests is its plain
 * specification. Plain Java without state beyond reused buffers, used by the engine thread.
 */
@NullMarked
package dev.whetstone.engine.sampling;

import org.jspecify.annotations.NullMarked;
