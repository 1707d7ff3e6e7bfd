/**
 * Integer weights and activations: scales by block or channel, and the activation ranges they need.
 */
@NullMarked
package dev.whetstone.onnx.quantization;

import org.jspecify.annotations.NullMarked;
