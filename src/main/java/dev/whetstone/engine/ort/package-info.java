/** The model on ONNX Runtime; the only user of that library. */
@NullMarked
package dev.whetstone.engine.ort;

import org.jspecify.annotations.NullMarked;
