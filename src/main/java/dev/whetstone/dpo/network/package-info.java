/**
 * The transformer that is trained: forward pass, hand-written backward pass, and sampling, in
 * PyTorch tensors through DJL.
 *
 * <p>Begin with {@link Network} (weights and entry points), then {@link ForwardPass} (one
 * micro-batch). {@link Layout} explains how prompts are shared. Not thread-safe. Writes no file,
 * and knows neither the loss nor the optimizer.
 */
@NullMarked
package dev.whetstone.dpo.network;

import org.jspecify.annotations.NullMarked;
