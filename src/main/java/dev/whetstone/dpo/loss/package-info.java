/** The preference losses as pure functions of log-probs, with their derivatives. */
@NullMarked
package dev.whetstone.dpo.loss;

import org.jspecify.annotations.NullMarked;
