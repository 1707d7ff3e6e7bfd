/**
 * Continuous batching: requests, sequences, and the scheduler's loop that turns them into tokens on
 * one thread.
 */
@NullMarked
package dev.whetstone.engine;

import org.jspecify.annotations.NullMarked;
