/**
 * The model on ONNX Runtime; the only user of that library. Begin with {@link OrtModel}, the {@code
 * ModelRunner} that the engine thread owns; only {@code prepare} and {@code adapterInputs} may be
 * called on other threads. Adapters are inputs of the graph ({@link StackedLora}, {@link
 * RankLayout}); a row's logits have the same bits in every batch.
 */
@NullMarked
package dev.whetstone.engine.ort;

import org.jspecify.annotations.NullMarked;
