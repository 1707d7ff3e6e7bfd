/**
 * LoRA adapters: their factors by module, PEFT's file formats, and the names and layout of the
 * graph inputs that carry them. Begin with {@link LoraAdapter}.
 *
 * <p>Everything here is immutable or stateless, except that an adapter's arrays must not be
 * changed. PEFT's files are {@code adapter_model.safetensors} and {@code adapter_config.json}; the
 * caller keeps them.
 */
@NullMarked
package dev.whetstone.lora;

import org.jspecify.annotations.NullMarked;
