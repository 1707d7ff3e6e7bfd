/**
 * 8-bit weights and activations: {@link BlockQuantizer} has a scale for each block of weights,
 * {@link ChannelQuantizer} a scale for each output and a fixed step for each input channel, derived
 * from calibrated activation ranges. Pure functions.
 */
@NullMarked
package dev.whetstone.onnx.quantization;

import org.jspecify.annotations.NullMarked;
