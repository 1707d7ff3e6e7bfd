/** The network in DJL NDArray code; the only user of that library. */
@NullMarked
package dev.whetstone.dpo.network;

import org.jspecify.annotations.NullMarked;
