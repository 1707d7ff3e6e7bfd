/** HTTP resources, security and problem mapping. */
@NullMarked
package dev.whetstone.gateway;

import org.jspecify.annotations.NullMarked;
