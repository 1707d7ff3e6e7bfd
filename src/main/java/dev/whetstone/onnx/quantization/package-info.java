/**
 * 8-bit weights and activations: {@link dev.whetstone.onnx.quantization.BlockQuantizer} has a scale
 * for each block of weights, {@link dev.whetstone.onnx.quantization.ChannelQuantizer} a scale for
 * each output and a fixed step for each input channel, derived from calibrated activation ranges.
 * Pure functions.
 */
@NullMarked
package dev.whetstone.onnx.quantization;

import org.jspecify.annotations.NullMarked;
