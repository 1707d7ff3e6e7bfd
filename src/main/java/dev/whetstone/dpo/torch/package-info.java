/** PyTorch below the network: tensor operations, native bindings, and precision of products. */
@NullMarked
package dev.whetstone.dpo.torch;

import org.jspecify.annotations.NullMarked;
