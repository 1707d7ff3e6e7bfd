/** The transformer in DJL's tensors with a backward pass of its own. */
@NullMarked
package dev.whetstone.dpo.network;

import org.jspecify.annotations.NullMarked;
