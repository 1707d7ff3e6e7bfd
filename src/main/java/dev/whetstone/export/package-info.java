/** ONNX graph builder and quantiser. */
@NullMarked
package dev.whetstone.export;

import org.jspecify.annotations.NullMarked;
