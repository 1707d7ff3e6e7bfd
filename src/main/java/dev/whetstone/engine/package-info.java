/**
 * Continuous batching: requests are queued, run together in KV slots, and published token by token.
 * Begin with {@link Scheduler#step} (schedule, run, sample, publish), then {@link Engine}, its
 * public face.
 *
 * <p>One platform thread, {@code whetstone-engine}, owns the scheduler and the model runner. Other
 * threads meet it only in {@link RequestQueue}, {@link LoadedAdapters}, the queue of stagings and
 * futures. The package knows no HTTP, no database and no files.
 */
@NullMarked
package dev.whetstone.engine;

import org.jspecify.annotations.NullMarked;
