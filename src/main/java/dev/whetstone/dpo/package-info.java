/** The preference loss, reference log-probs and the trainer. */
@NullMarked
package dev.whetstone.dpo;

import org.jspecify.annotations.NullMarked;
