/**
 * A LoRA adapter: its factors by target module, PEFT's files, and its form as inputs of the ONNX
 * graph.
 */
@NullMarked
package dev.whetstone.lora;

import org.jspecify.annotations.NullMarked;
