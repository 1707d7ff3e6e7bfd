/**
 * PyTorch below the network: tensor operations, native bindings, and the precision of products.
 *
 * <p>Begin with {@link TorchOps}; {@link Bfloat16Gemm} is the product with a rounded, frozen base.
 * Thread count, malloc options and matmul precision are settings of the whole process. No files.
 */
@NullMarked
package dev.whetstone.dpo.torch;

import org.jspecify.annotations.NullMarked;
