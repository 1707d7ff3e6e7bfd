/**
 * Models on disk: GGUF and safetensors readers, a safetensors writer, canonical tensor names, and
 * the directory of an imported model with its manifest.json. Begin with {@link Tensors}, which
 * {@link GgufModel} and {@link HuggingFaceModel} implement. Lengths and offsets are checked before
 * they are used, so a damaged file is refused with a {@link ModelFormatException}.
 */
@NullMarked
package dev.whetstone.weights;

import org.jspecify.annotations.NullMarked;
