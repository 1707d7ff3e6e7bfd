/**
 * From a model directory to ONNX graphs. Begin with {@link OnnxExport}, which writes the files,
 * then {@link TransformerGraph}, which documents inputs and outputs. Owns *.onnx and their *.bin
 * files in the model directory. The only user of protobuf; what runs the graphs is {@code
 * engine.ort}.
 */
@NullMarked
package dev.whetstone.onnx;

import org.jspecify.annotations.NullMarked;
