/**
 * PyTorch below the network: tensor operations, native bindings, and the precision of products.
 *
 * <p>Begin with {@link TorchOps}. Thread count, malloc options and matmul precision are settings of
 * the whole process. No files.
 */
@NullMarked
package dev.whetstone.dpo.torch;

import org.jspecify.annotations.NullMarked;
