/** From logits to a token: temperature, top-k, top-p, min-p, penalties and seeded draws. */
@NullMarked
package dev.whetstone.engine.sampling;

import org.jspecify.annotations.NullMarked;
