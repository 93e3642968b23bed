#include <varve/varve.hpp>

int main() {}
