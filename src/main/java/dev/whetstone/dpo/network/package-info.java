/**
 * The transformer that is trained: forward pass, hand-written backward pass, and sampling, in
 * PyTorch tensors through DJL.
 *
 * <p>Begin with {@link dev.whetstone.dpo.network.Network} (weights and entry points), then {@link
 * dev.whetstone.dpo.network.ForwardPass} (one micro-batch). {@link
 * dev.whetstone.dpo.network.Layout} explains how prompts are shared. Not thread-safe. Writes no
 * file, and knows neither the loss nor the optimizer.
 */
@NullMarked
package dev.whetstone.dpo.network;

import org.jspecify.annotations.NullMarked;
