/**
 * From a model directory to ONNX graphs. Begin with {@link dev.whetstone.onnx.OnnxExport}, which
 * writes the files, then {@link dev.whetstone.onnx.TransformerGraph}, which documents inputs and
 * outputs. Owns *.onnx and their *.bin files in the model directory. The only user of protobuf;
 * what runs the graphs is {@code engine.ort}.
 */
@NullMarked
package dev.whetstone.onnx;

import org.jspecify.annotations.NullMarked;
