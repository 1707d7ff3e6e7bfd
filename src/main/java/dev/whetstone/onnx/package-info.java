/**
 * From a model directory to ONNX graphs: the builder, the export, and models with an adapter merged
 * in. The only user of protobuf.
 */
@NullMarked
package dev.whetstone.onnx;

import org.jspecify.annotations.NullMarked;
