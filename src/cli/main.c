/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "crypto/crypto.h"

int main(int argc, char **argv)
{
    crypto_start();
    return command_main(argc, argv);
}
