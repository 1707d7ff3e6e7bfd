/** Policy versions, adapters, aliases and their store. */
@NullMarked
package dev.whetstone.policy;

import org.jspecify.annotations.NullMarked;
