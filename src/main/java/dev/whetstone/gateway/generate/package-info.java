/** Generation, pairs, scores and tokens: {@code /generate}, {@code /score}, {@code /tokenize}. */
@NullMarked
package dev.whetstone.gateway.generate;

import org.jspecify.annotations.NullMarked;
