/** Log-probs of the frozen reference, computed once a pair and cached. */
@NullMarked
package dev.whetstone.dpo.reference;

import org.jspecify.annotations.NullMarked;
