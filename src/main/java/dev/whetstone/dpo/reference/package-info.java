/**
 * Log-probs of the completions under the frozen reference, computed once and cached.
 *
 * <p>Begin with {@link ReferenceLogProbs}. {@link FileReferenceCache} owns a file in the run's
 * directory and describes its format; the cache in the database is in {@code training.worker}. Not
 * thread-safe.
 */
@NullMarked
package dev.whetstone.dpo.reference;

import org.jspecify.annotations.NullMarked;
