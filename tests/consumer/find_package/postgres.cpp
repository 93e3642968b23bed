#include <varve/backend/postgres.hpp>
#include <varve/varve.hpp>

int main() {}
