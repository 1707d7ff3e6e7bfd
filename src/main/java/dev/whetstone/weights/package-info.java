/** GGUF and safetensors readers, canonical tensors, the model directory and its manifest. */
@NullMarked
package dev.whetstone.weights;

import org.jspecify.annotations.NullMarked;
